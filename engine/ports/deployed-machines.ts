/** The state machines that a deployment made. */
export interface DeployedMachines {
  /** The ARN of the one with this name; undefined where there is none. @throws HoldfastError SERVICE_FAILED, ACCESS_DENIED, CREDENTIALS. */
  find(name: string): Promise<string | undefined>;
  /** Its definition, as JSON. @throws HoldfastError SERVICE_FAILED, ACCESS_DENIED, CREDENTIALS. */
  definitionOf(arn: string): Promise<string>;
}
