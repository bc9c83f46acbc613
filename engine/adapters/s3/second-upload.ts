import { isHoldfastError } from '../../errors.ts';
import type { S3Bucket } from '../s3-bucket.ts';
import { S3Upload } from '../s3-upload.ts';
import { PROBE } from './probe-object.ts';

/** Whether an upload of the probe in parts is refused at its end, because the probe is there. */
export async function refusesSecondUpload(bucket: S3Bucket): Promise<boolean> {
  const upload = await unfinishedUpload(bucket);
  try {
    await upload.publish();
    return false;
  } catch (error) {
    if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
    return true;
  } finally {
    await upload.abort();
  }
}

/** An upload of the probe in one part, which only has to be completed. */
export async function unfinishedUpload(bucket: S3Bucket): Promise<S3Upload> {
  const upload = new S3Upload(bucket, { key: PROBE.key, partBytes: () => PROBE.bytes.length });
  try {
    await upload.write(PROBE.bytes);
    await upload.finish();
    return upload;
  } catch (error) {
    await upload.abort();
    throw error;
  }
}
