/** A style sheet as text; the build reads it so. */
declare module "*.css" {
  const text: string;
  export default text;
}
