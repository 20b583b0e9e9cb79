import { Component, type ComponentType, createElement } from "preact";

/** A component that is drawn again only if a prop is another value than before. */
export function memo<Props extends object>(Inner: ComponentType<Props>): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      const before = Object.entries(this.props);
      const after = new Map(Object.entries(next));
      return before.length !== after.size || before.some(([name, value]) => after.get(name) !== value);
    }

    override render() {
      return createElement(Inner, this.props);
    }
  };
}
