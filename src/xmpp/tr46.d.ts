/** The part of tr46 that is used; the package has no declarations of its own. */
declare module 'tr46' {
  export interface ProcessingOptions {
    readonly checkBidi?: boolean;
    readonly checkHyphens?: boolean;
    readonly checkJoiners?: boolean;
    readonly useSTD3ASCIIRules?: boolean;
  }

  const tr46: {
    /** Null when the name is refused. */
    toASCII(domain: string, options?: ProcessingOptions): string | null;
    toUnicode(domain: string, options?: ProcessingOptions): { domain: string; error: boolean };
  };
  export default tr46;
}
