import { within } from './patience.ts';
import { assert, type Proof, type Smoke } from './proof.ts';

export const READ_PROOFS: readonly Proof[] = [
  {
    about: 'reads that reach EventBridge',
    notLocal: 'whether a rule hears reads is not for it to say',
    leaves: 'Decrypt, and the region of the replica',
    look: readIsTold,
  },
];

/** Who runs the smoke test is none of the roles of Holdfast. */
async function readIsTold({ call, bucket, deployed, patience, seen }: Smoke): Promise<string> {
  const volume = seen.keys.find((key) => key.endsWith('.esdk'));
  assert(volume !== undefined, 'there is no volume to read');
  await call('s3', 'GetObject', { Bucket: bucket, Key: volume });
  await within({ minutes: 20, what: 'an alert of the read', patience }, async () =>
    (await deployed.pages()).find(({ text }) => text.includes('s3:GetObject')),
  );
  return 'a read of a volume came to the topic critical by CloudTrail, EventBridge and tell-access';
}
