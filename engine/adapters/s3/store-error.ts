import { S3ServiceException } from '@aws-sdk/client-s3';

/** What the SDK throws, as far as it is looked at. Its other fields may hold keys, tokens and signed requests. */
export interface StoreError extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number; attempts?: number };
  $response?: { statusCode?: number; headers?: Record<string, string> };
  Region?: string;
}

export function asStoreError(error: unknown): StoreError {
  return error instanceof Error ? error : new Error('unknown failure');
}

/** An error's name, or the words that its status stands for where an answer to HEAD has no body to say it in. */
export function nameOf(error: StoreError): string {
  if (
    !(error instanceof S3ServiceException) ||
    !/^(Unknown|UnknownError|NotFound|Forbidden|BadRequest|\d+)$/.test(error.name)
  )
    return error.name;
  const byStatus: Record<number, string> = {
    301: 'PermanentRedirect',
    403: 'AccessDenied',
    404: 'NoSuchKey',
    412: 'PreconditionFailed',
  };
  return byStatus[statusOf(error) ?? 0] ?? error.name;
}

export function statusOf(error: StoreError): number | undefined {
  return error.$metadata?.httpStatusCode;
}
