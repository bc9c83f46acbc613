/** Codes of AWS, as the SDK and boto3 have them, that say that there is nothing of that name. */
const ABSENT: ReadonlySet<string> = new Set([
  '404',
  'AWS.SimpleQueueService.NonExistentQueue',
  'ClusterNotFoundException',
  'DBInstanceNotFound',
  'DBInstanceNotFoundFault',
  'InvalidGroup.NotFound',
  'NoSuchBucket',
  'NoSuchEntity',
  'NoSuchEntityException',
  'NotFound',
  'NotFoundException',
  'QueueDoesNotExist',
  'ResourceNotFoundException',
  'StateMachineDoesNotExist',
  'TrailNotFoundException',
]);

/** Whether AWS says that there is nothing of that name; a right that lacks, or a network that fails, says nothing of the kind. */
export function isAbsent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'ValidationError') return /does not exist/.test(error.message);
  return ABSENT.has(error.name);
}

/** Whether `work` met nothing of that name. @throws what else it throws. */
export async function isGone(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (isAbsent(error)) return true;
    throw error;
  }
}
