/** Asked for credentials whenever the last ones end. */
export type CredentialSource = () => Promise<{
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration?: Date;
}>;

/** Whose requests these are. Empty for the SDK's default chain. */
export interface AwsIdentity {
  profile?: string;
  credentials?:
    | { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
    | CredentialSource;
}

/** What somebody said of it; either wins over the environment. */
export interface NamedIdentity {
  profile?: string | undefined;
  credentials?: CredentialSource | undefined;
}

/** The SDK looks at the environment of the process only; this is what an env file says too. */
export function identityOf(
  env: Readonly<Record<string, string | undefined>>,
  named: NamedIdentity = {},
): AwsIdentity {
  if (named.credentials !== undefined) return { credentials: named.credentials };
  const profile = named.profile ?? env.AWS_PROFILE;
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (profile) return { profile };
  if (!accessKeyId || !secretAccessKey) return {};
  return {
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) },
  };
}
