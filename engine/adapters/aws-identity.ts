/** Whose requests these are. Empty for the SDK's default chain. */
export interface AwsIdentity {
  profile?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** The SDK looks at the environment of the process only; this is what an env file says too. */
export function identityOf(env: Readonly<Record<string, string | undefined>>): AwsIdentity {
  const {
    AWS_PROFILE: profile,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (profile) return { profile };
  if (!accessKeyId || !secretAccessKey) return {};
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } };
}
