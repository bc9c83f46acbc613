import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { makeS3Client } from '../engine/adapters/s3-client.ts';
import { S3Repository } from '../engine/adapters/s3-repository.ts';
import { type LocalAws, startLocalAws } from '../setup/moto.ts';

/** A local AWS with a bucket a run: its own CPU is not ours, and its memory grows with what it is given. */
export class BenchBuckets {
  readonly #aws: LocalAws;

  private constructor(aws: LocalAws) {
    this.#aws = aws;
  }

  static async start(say: (text: string) => void): Promise<BenchBuckets> {
    return new BenchBuckets(await startLocalAws(say));
  }

  get env(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.#aws.endpoint,
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_REGION: 'us-east-1',
    };
  }

  /** A new bucket, and `s3.yaml` that names it. Everything that was stored before is forgotten. */
  async next(folder: string): Promise<{ storedBytes: () => Promise<number> }> {
    await fetch(`${this.#aws.endpoint}/moto-api/reset`, { method: 'POST' });
    const bucket = `bench-${randomBytes(6).toString('hex')}`;
    const client = makeS3Client({ env: this.env });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    const config = {
      project: 'bench',
      databases: { clinic: { fromEnvironment: true } },
      repositories: { s3: { bucket } },
      plans: { default: {} },
    };
    await writeFile(join(folder, 's3.yaml'), JSON.stringify(config));
    const repository = new S3Repository({
      client,
      bucket,
      prefix: undefined,
      sseKmsKey: undefined,
      isOtherStore: true,
    });
    const storedBytes = async () => {
      let sum = 0;
      for await (const { bytes } of repository.list('')) sum += bytes;
      return sum;
    };
    return { storedBytes };
  }

  stop(): Promise<void> {
    return this.#aws.stop();
  }
}
