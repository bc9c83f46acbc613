import {
  DescribeStateMachineCommand,
  paginateListStateMachines,
  SFNClient,
} from '@aws-sdk/client-sfn';
import type { DeployedMachines } from '../ports/deployed-machines.ts';
import { clientOptions } from './aws-client-options.ts';
import { serviceFailure } from './service-failure.ts';

/** The state machines of an account in one region. */
export class StateMachines implements DeployedMachines {
  readonly #client: SFNClient;
  readonly #region: string;

  constructor({ env, region }: { env: NodeJS.ProcessEnv; region: string }) {
    this.#client = new SFNClient(clientOptions(env, { service: 'SFN', region }));
    this.#region = region;
  }

  async find(name: string): Promise<string | undefined> {
    try {
      for await (const { stateMachines = [] } of paginateListStateMachines(
        { client: this.#client },
        {},
      )) {
        const found = stateMachines.find((machine) => machine.name === name);
        if (found !== undefined) return found.stateMachineArn;
      }
      return undefined;
    } catch (error) {
      throw serviceFailure(error, { action: 'states:ListStateMachines', what: this.#region });
    }
  }

  async definitionOf(stateMachineArn: string): Promise<string> {
    try {
      const { definition = '{}' } = await this.#client.send(
        new DescribeStateMachineCommand({ stateMachineArn }),
      );
      return definition;
    } catch (error) {
      throw serviceFailure(error, { action: 'states:DescribeStateMachine', what: stateMachineArn });
    }
  }
}
