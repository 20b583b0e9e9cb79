import { config } from "../app-data";
import { Link } from "../router";
import { useStore } from "../store";
import { AccountForm } from "./account-form";

export function Signup({ query }: { query: URLSearchParams }) {
  const signup = useStore(config)?.signup ?? "open";
  return (
    <AccountForm
      endpoint="signup"
      heading="Create an account"
      submit="Sign up"
      notice={signup === "disabled" ? "Signing up is switched off here. Ask the people who run this site." : ""}
      invited={signup === "invite"}
      words={{}}
    >
      Have an account? <Link href={`/login?${query}`}>Log in</Link>
    </AccountForm>
  );
}
