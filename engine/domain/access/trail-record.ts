import { z } from 'zod';

const text = z.string().max(4096);

/** One call as CloudTrail records it, as far as it is looked at (CloudTrail User Guide, "CloudTrail record contents"). */
export const trailRecordSchema = z.looseObject({
  eventID: z.string().min(1).max(128),
  eventTime: z.iso.datetime(),
  eventSource: text,
  eventName: text,
  awsRegion: text,
  recipientAccountId: text.nullish(),
  sourceIPAddress: text.nullish(),
  errorCode: text.nullish(),
  userIdentity: z
    .looseObject({
      type: text.nullish(),
      arn: text.nullish(),
      principalId: text.nullish(),
      accountId: text.nullish(),
      invokedBy: text.nullish(),
      sessionContext: z
        .looseObject({ sessionIssuer: z.looseObject({ arn: text.nullish() }).nullish() })
        .nullish(),
    })
    .nullish(),
  requestParameters: z.record(z.string(), z.unknown()).nullish(),
  resources: z.array(z.looseObject({ ARN: text.nullish() })).nullish(),
});

export type TrailRecord = z.output<typeof trailRecordSchema>;

export interface Caller {
  /** The role of a session, else the user, the service or the account: what stays the same from call to call. */
  principal: string;
  /** The name of a role's session. */
  session: string | null;
}

/** Who called: of the session of a role, the role. */
export function callerOf({ userIdentity }: TrailRecord): Caller {
  const { type, arn, principalId, accountId, invokedBy, sessionContext } = userIdentity ?? {};
  const issuer = sessionContext?.sessionIssuer?.arn;
  const session = arn?.includes(':assumed-role/') ? (arn.split('/').at(-1) ?? null) : null;
  const others = [arn, invokedBy, accountId ? `account ${accountId}` : null, principalId, type];
  return {
    principal: issuer || others.find((one) => one) || 'somebody whom CloudTrail does not name',
    session,
  };
}
