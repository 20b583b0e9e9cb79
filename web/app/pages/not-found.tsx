import { Link } from "../router";

export function NotFound() {
  return (
    <>
      <h1>This page does not exist</h1>
      <p>
        <Link href="/tasks">Go to your tasks</Link>
      </p>
    </>
  );
}
