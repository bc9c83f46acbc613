import { z } from 'zod';
import { name } from './texts.ts';

const BUCKET_SETTINGS = [
  'prefix',
  'region',
  'endpoint',
  'pathStyle',
  'profile',
  'sseKmsKey',
  'acceptOverwrites',
  'retention',
  'equalParts',
] as const;

export const repositorySchema = z
  .strictObject({
    folder: name.optional().describe('A directory on this machine or a mounted disk.'),
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, { message: 'is not the name of a bucket' })
      .optional()
      .describe('An S3 bucket, instead of a folder.'),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_%.-]+(\/[A-Za-z0-9_%.-]+)*$/, {
        message: 'is not a prefix: letters, digits, _ - . and / between, none at the ends',
      })
      .optional()
      .describe('Prefix of the sets in the bucket; its root unless set.'),
    region: name
      .optional()
      .describe("The bucket's region; else the one of the environment or the profile."),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('URL of an S3-compatible store that is not AWS.'),
    pathStyle: z
      .boolean()
      .optional()
      .describe(
        'Name the bucket in the path instead of the host name; true for most stores that are not AWS.',
      ),
    profile: name
      .optional()
      .describe('Profile of ~/.aws/config whose credentials are used for this repository.'),
    sseKmsKey: name
      .optional()
      .describe(
        'KMS key for the server-side encryption, where it is not the default of the bucket.',
      ),
    acceptOverwrites: z
      .literal(true)
      .optional()
      .describe(
        'Use a store that ignores If-None-Match, where a second writer can replace a backup; every run warns of it.',
      ),
    retention: z
      .enum(['tag', 'delete'])
      .optional()
      .describe(
        'How prune releases objects: `tag` for the lifecycle rules of the bucket, the default, or `delete` by key, for stores without object tagging and buckets without Object Lock.',
      ),
    equalParts: z
      .boolean()
      .optional()
      .describe(
        'Upload in parts of one size, 32 MiB, for stores that want it; a stream then takes 96 MiB of memory. True by itself for endpoints of Cloudflare R2.',
      ),
  })
  .refine(({ folder, bucket }) => (folder === undefined) !== (bucket === undefined), {
    message: 'needs either folder or bucket',
  })
  .superRefine((repository, context) => {
    if (repository.folder === undefined) return;
    for (const setting of BUCKET_SETTINGS)
      if (repository[setting] !== undefined)
        context.addIssue({
          code: 'custom',
          path: [setting],
          message: 'belongs to a bucket, and this is a folder',
        });
  });

export type RepositoryConfig = z.output<typeof repositorySchema>;
