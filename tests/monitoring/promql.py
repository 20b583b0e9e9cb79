"""What an expression of PromQL reads: enough of the language to find its selectors and the labels that it groups by."""

import re

TOKEN = re.compile(r"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
  | (?P<number>\d[\d.a-z]*)
  | (?P<operator>=~|!~|!=|==|>=|<=|[-+*/%^<>=(){}\[\],@])
""", re.VERBOSE)
LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
WORDS = LISTS | {"and", "or", "unless", "bool", "offset", "inf", "nan"}


class Selector:
    """A metric, with its matchers as (label, operator, value)."""

    def __init__(self, metric):
        self.metric, self.matchers = metric, []

    def __str__(self):
        return self.metric + "{" + ",".join(f"{label}{how}{value}" for label, how, value in self.matchers) + "}"


def tokens(text):
    at, found = 0, []
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError(f"not understood: {text[at:at + 20]!r} in {text!r}")
        if match.lastgroup != "space":
            found.append((match.lastgroup, match.group()))
        at = match.end()
    return found + [("end", "")] * 2


def read(text):
    """The selectors, the labels in lists (by, on …), and the labels that label_replace makes."""
    found, at = tokens(text), 0
    selectors, lists, made = [], set(), set()
    while found[at][0] != "end":
        kind, word = found[at]
        following = found[at + 1][1]
        if kind == "name" and word in LISTS and following == "(":
            at += 2
            while found[at][1] != ")":
                lists |= {found[at][1]} - {","}
                at += 1
        elif kind == "name" and following in ("(", "by", "without"):
            if word == "label_replace":
                made.add(second_argument(found, at + 2))
        elif kind == "name" and word not in WORDS:
            selectors.append(Selector(word))
            if following == "{":
                at = matchers(found, at + 2, selectors[-1])
        at += 1
    return selectors, lists, made


def matchers(found, at, selector):
    """Reads up to the closing brace, and says where that is."""
    while found[at][1] != "}":
        if found[at][1] == ",":
            at += 1
            continue
        label, how, value = (found[at + ahead][1] for ahead in range(3))
        selector.matchers.append((label, how, value))
        at += 3
    return at


def second_argument(found, at):
    depth = 0
    while not (depth == 0 and found[at][1] == ","):
        depth += found[at][1] in "({[" and found[at][0] == "operator"
        depth -= found[at][1] in ")}]" and found[at][0] == "operator"
        at += 1
    return found[at + 1][1].strip("\"'")
