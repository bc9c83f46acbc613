import { corruption, deletion } from './data-scenarios.ts';
import { renderRunbook } from './document.ts';
import type { RunbookFacts } from './facts.ts';
import { gapsOf } from './gaps.ts';
import { accountLost, keyLost } from './loss-scenarios.ts';
import { hardware, ransomware } from './machine-scenarios.ts';
import { programLost } from './program-scenario.ts';
import { regionLost } from './region-scenario.ts';
import type { MakeScenario, Scenario } from './scenario.ts';

export interface Runbook {
  scenarios: Scenario[];
  gaps: string[];
  markdown: string;
}

const SCENARIOS: readonly MakeScenario[] = [
  corruption,
  hardware,
  ransomware,
  deletion,
  accountLost,
  keyLost,
  programLost,
  regionLost,
];

/** The disaster recovery plan of an installation. @param appendix Markdown; null where there is none. */
export function makeRunbook(facts: RunbookFacts, appendix: string | null): Runbook {
  const backedUp = facts.databases.filter(
    ({ plans, measured }) => plans.length > 0 || measured.newest !== null,
  );
  const scenarios = SCENARIOS.map((make) => make({ ...facts, databases: backedUp }));
  const gaps = gapsOf(facts);
  return { scenarios, gaps, markdown: renderRunbook(facts, { scenarios, gaps, appendix }) };
}
