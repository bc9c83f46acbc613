import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { RunStarter } from '../ports/run-starter.ts';
import { clientOptions } from './aws-client-options.ts';
import { serviceFailure } from './service-failure.ts';

/** Starts executions of one state machine. A name is taken for 90 days after its execution ended, so that a double delivery is no second run. */
export class StateMachineStarter implements RunStarter {
  readonly #stateMachine: string;
  readonly #client: SFNClient;

  constructor({ stateMachine, env }: { stateMachine: string; env: NodeJS.ProcessEnv }) {
    this.#stateMachine = stateMachine;
    this.#client = new SFNClient(clientOptions(env, { service: 'SFN' }));
  }

  async start({ name, input }: { name: string; input: string }): Promise<'started' | 'exists'> {
    try {
      await this.#client.send(
        new StartExecutionCommand({ stateMachineArn: this.#stateMachine, name, input }),
      );
      return 'started';
    } catch (error) {
      if (error instanceof Error && error.name === 'ExecutionAlreadyExists') return 'exists';
      throw serviceFailure(error, { action: 'states:StartExecution', what: this.#stateMachine });
    }
  }
}
