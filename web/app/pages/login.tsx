import { config } from "../app-data";
import { Link } from "../router";
import { useStore } from "../store";
import { AccountForm } from "./account-form";

const EXPIRED = "Your session has expired. Please log in again; what you were writing is kept.";

export function Login({ query, expired }: { query: URLSearchParams; expired: boolean }) {
  const signup = useStore(config)?.signup ?? "open";
  return (
    <AccountForm
      endpoint="login"
      heading="Log in"
      submit="Log in"
      notice={expired ? EXPIRED : ""}
      words={{ 401: "The email or the password is wrong." }}
    >
      {signup !== "disabled" && (
        <>
          New here? <Link href={`/signup?${query}`}>Create an account</Link>
        </>
      )}
    </AccountForm>
  );
}
