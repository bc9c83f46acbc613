import { z } from 'zod';
import { trailRecordSchema } from './trail-record.ts';

/** A record of CloudTrail as EventBridge hands it on. */
export const accessEventSchema = z.looseObject({
  'detail-type': z.literal('AWS API Call via CloudTrail'),
  detail: trailRecordSchema,
});
