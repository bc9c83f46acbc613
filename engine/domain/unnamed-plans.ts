import { type Finding, finding, type SeenSet } from './finding.ts';

export interface UnnamedPlansOptions {
  repository: string;
  /** Plans whose sets retention may let go; any plan where it is undefined. */
  named: ReadonlySet<string> | undefined;
}

/** Plans whose sets lie in a vault that has no rules for them: they stay, locked, and cost for ever. One finding a plan. */
export function judgeUnnamed(
  sets: readonly SeenSet[],
  { repository, named }: UnnamedPlansOptions,
): Finding[] {
  if (named === undefined) return [];
  const unnamed = Map.groupBy(
    sets.filter(({ plan }) => !named.has(plan)),
    ({ plan }) => plan,
  );
  return [...unnamed].map(([plan, own]) =>
    finding(
      { plan, database: null, repository },
      {
        verdict: 'unnamed',
        severity: 'warning',
        detail: `${own.length} ${own.length === 1 ? 'set lies' : 'sets lie'} here of a plan that neither plans nor aws.formerPlans names: nothing of it is ever released`,
        hint: `Add "${plan}" to aws.formerPlans and deploy (npx cdk deploy --all): then retention lets its sets go when their time is over.`,
      },
    ),
  );
}
