import { Component, createRef } from "preact";
import { MarkdownStream } from "../markdown/stream";
import type { Strings } from "../strings";

interface Props {
  text: string;
  strings: Strings;
}

/** Markdown, drawn by hand so that a growing text only touches its last block. */
export class Markdown extends Component<Props> {
  readonly #box = createRef<HTMLDivElement>();
  #stream: MarkdownStream | null = null;

  override componentDidMount(): void {
    if (this.#box.current) this.#stream = new MarkdownStream(this.#box.current, this.props.strings);
    this.#stream?.show(this.props.text);
  }

  override componentDidUpdate(): void {
    this.#stream?.show(this.props.text);
  }

  override render() {
    return <div class="markdown" ref={this.#box} />;
  }
}
