/** The part of bcrypt that is used; the package has no declarations of its own. */
declare module 'bcrypt' {
  const bcrypt: {
    hash(data: string, rounds: number): Promise<string>;
    /** On Node's thread pool. The hash must begin with `$2a$` or `$2b$`. */
    compare(data: string, encrypted: string): Promise<boolean>;
  };
  export default bcrypt;
}
