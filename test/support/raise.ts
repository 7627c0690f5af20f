/** For errors that a test does not expect: uncaught, they fail the run. */
export function raise(error: Error): never {
  throw error;
}
