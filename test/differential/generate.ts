import { makeBehaviour } from './steps/behaviour.ts';
import { makeConstraints } from './steps/constraints.ts';
import { makeOddObjects } from './steps/odd-objects.ts';
import { makeOddTables } from './steps/odd-tables.ts';
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

/** Fills the database of a world, and the cluster with its roles. */
export async function generate(world: World): Promise<void> {
  for (const step of [
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
  ])
    await step(world);
}
