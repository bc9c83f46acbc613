import { isDrilled } from '../config/database-schema.ts';
import { keepIn } from '../config/plan-scope.ts';
import { namedPlans } from '../config/vault-plans.ts';
import type { RetentionRules } from '../domain/retention.ts';
import type { LoadedConfig } from './load-config.ts';

/** What today's config says to retention in one repository. */
export function retentionRulesOf(
  loaded: LoadedConfig,
  repository: string,
): Omit<RetentionRules, 'now'> {
  const { plans, databases } = loaded.config;
  const keeps = Object.entries(plans).map(
    ([name, plan]) => [name, keepIn(plan, repository)] as const,
  );
  const undrilled = Object.entries(databases).filter(([, { drill }]) => !isDrilled(drill));
  const named = namedPlans(loaded.config, repository);
  return { keeps: new Map(keeps), undrilled: new Set(undrilled.map(([name]) => name)), named };
}
