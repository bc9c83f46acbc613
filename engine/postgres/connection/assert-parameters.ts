import {
  findParameter,
  LIBPQ_PARAMETERS,
  type LibpqParameter,
} from '../../config/environment/libpq-parameters.ts';
import { HoldfastError } from '../../errors.ts';
import type { Parameters } from './gather-parameters.ts';

/**
 * A parameter that names the server or guards the way to it is honoured or refused, never ignored.
 * @throws HoldfastError CONFIG_INVALID.
 */
export function assertParameters(parameters: Parameters): void {
  const unknown = Object.keys(parameters).filter((name) => findParameter(name) === undefined);
  if (unknown.length > 0)
    throw invalid(
      `a connection can not take ${unknown.join(', ')}`,
      `It takes ${takenKeywords().join(', ')}.`,
    );
  for (const [name, value] of Object.entries(parameters)) {
    const parameter = findParameter(name);
    if (parameter !== undefined && value !== '') assertTaken(parameter, value);
  }
}

function takenKeywords(): string[] {
  return LIBPQ_PARAMETERS.flatMap(({ keyword, treatment }) =>
    keyword !== undefined && treatment === 'honoured' ? [keyword] : [],
  );
}

function assertTaken(parameter: LibpqParameter, value: string): void {
  const { treatment, accepted = [], note } = parameter;
  if (treatment !== 'refused' && treatment !== 'limited') return;
  if (accepted.includes(value)) return;
  const { name, source } = nameOf(parameter);
  // The value of a parameter that takes no value here may be a secret.
  const shown = treatment === 'refused' ? name : `${name}=${value}`;
  throw invalid(
    `a connection can not keep ${shown}${note === undefined ? '' : `: ${note}`}`,
    accepted.length === 0
      ? `Leave ${name} out${source}.`
      : `Leave ${name} out${source}, or make it ${accepted.join(' or ')}.`,
  );
}

function nameOf({ keyword = '', variable }: LibpqParameter): { name: string; source: string } {
  return { name: keyword, source: variable === undefined ? '' : ` (variable ${variable})` };
}

function invalid(message: string, hint: string): HoldfastError {
  return new HoldfastError({ code: 'CONFIG_INVALID', message, hint });
}
