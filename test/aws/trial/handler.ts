import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';

interface Wish {
  say?: string;
  fail?: boolean;
}

/** Answers with what it was deployed with; says aloud what it is told to. */
export async function handler({
  say,
  fail,
}: Wish): Promise<{ answer: string | undefined; node: string }> {
  if (fail) throw new TypeError('this handler fails');
  if (say !== undefined)
    await new SNSClient().send(new PublishCommand({ TopicArn: process.env.TOPIC, Message: say }));
  console.log('handled');
  return { answer: process.env.ANSWER, node: process.version };
}
