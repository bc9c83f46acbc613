/** What starts the runs of a plan. */
export interface RunStarter {
  /**
   * Starts a run, once for each name: `exists` when it was started before, whatever has become of it.
   * @throws HoldfastError SERVICE_FAILED, ACCESS_DENIED, CREDENTIALS.
   */
  start(run: { name: string; input: string }): Promise<'started' | 'exists'>;
}
