import { StateMachineStarter } from '../adapters/state-machine-starter.ts';
import { STACK_ENV } from '../contract.ts';
import type { RunOrder } from '../domain/run-order.ts';
import type { RunStarter } from '../ports/run-starter.ts';
import { type Stack, stackVariable } from './from-stack.ts';

/** The state machine that carries out an order. */
export function stackStarter({ loaded: { env } }: Stack, order: RunOrder): RunStarter {
  return new StateMachineStarter({ stateMachine: stackVariable(env, variableOf(order)), env });
}

function variableOf(order: RunOrder): string {
  if (!('operation' in order)) return STACK_ENV.stateMachine;
  return order.operation === 'reread' ? STACK_ENV.rereadStateMachine : STACK_ENV.drillStateMachine;
}
