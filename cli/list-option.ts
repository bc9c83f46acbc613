import { Option } from 'commander';
import { collect } from './collect.ts';

/** An option that may be repeated; its value is a list, empty where it is not given. */
export function listOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser(collect).default([], 'none');
}
