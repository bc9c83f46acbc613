import { makeBehaviour } from './steps/behaviour.ts';
import { makeConstraints } from './steps/constraints.ts';
import { makeCollations, makeEncodedText } from './steps/encodings.ts';
import { markEverything } from './steps/everything.ts';
import { makeMoreRoutines } from './steps/more-routines.ts';
import { makeMoreTables } from './steps/more-tables.ts';
import { makeMoreTypes } from './steps/more-types.ts';
import { makeOddObjects } from './steps/odd-objects.ts';
import { makeOddTables } from './steps/odd-tables.ts';
import { makeOutside } from './steps/outside.ts';
import { makePartitionedTables } from './steps/partitions.ts';
import { makePrivileges } from './steps/privileges.ts';
import { makeEarlyFunctions, makeLateRoutines } from './steps/routines.ts';
import { makeLargeObjects, makeRows } from './steps/rows.ts';
import { makeRoles, makeSchemas, makeSettings } from './steps/schemas-and-roles.ts';
import { makeExtensions, makeSurroundings } from './steps/surroundings.ts';
import { makeTables } from './steps/tables.ts';
import { makeTypes } from './steps/types.ts';
import { makeViews } from './steps/views.ts';
import type { World } from './world.ts';

const STEPS = [
  makeRoles,
  makeSchemas,
  makeExtensions,
  makeTypes,
  makeEarlyFunctions,
  makeTables,
  makePartitionedTables,
  makeOddTables,
  makeSurroundings,
  makeRows,
  makeConstraints,
  makeViews,
  makeLateRoutines,
  makeOddObjects,
  makeLargeObjects,
  makeBehaviour,
  makePrivileges,
  makeSettings,
];

/** Each has random numbers of its own, so that one more of them leaves the others as they are. */
const WIDE_STEPS = [
  makeEncodedText,
  makeCollations,
  makeMoreTypes,
  makeMoreTables,
  makeMoreRoutines,
  makeOutside,
  markEverything,
];

/** Fills the database of a world, and the cluster with its roles. */
export async function generate(world: World): Promise<void> {
  for (const step of STEPS) await step(world);
  if (!world.isWide) return;
  for (const step of WIDE_STEPS) {
    world.beginStep(step.name);
    await step(world);
  }
}
