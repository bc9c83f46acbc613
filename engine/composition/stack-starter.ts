import { StateMachineStarter } from '../adapters/state-machine-starter.ts';
import { STACK_ENV } from '../contract.ts';
import type { RunOrder } from '../domain/run-order.ts';
import type { RunStarter } from '../ports/run-starter.ts';
import { type Stack, stackVariable } from './from-stack.ts';

/** The state machine that carries out an order. */
export function stackStarter({ loaded: { env } }: Stack, order: RunOrder): RunStarter {
  const variable = 'operation' in order ? STACK_ENV.drillStateMachine : STACK_ENV.stateMachine;
  return new StateMachineStarter({ stateMachine: stackVariable(env, variable), env });
}
