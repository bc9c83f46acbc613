import type { CallAws } from '../../demo/aws/deployed-stack.ts';
import { Refusal } from './refusal.ts';

/** Public subnets of the default VPC, one a zone. */
export interface SmokeNetwork {
  vpcId: string;
  subnetIds: string[];
  availabilityZones: string[];
}

interface Subnet {
  VpcId: string;
  SubnetId: string;
  AvailabilityZone: string;
}

/** Two zones, as RDS asks for. @throws Refusal in an account without a default VPC. */
export async function findNetwork(call: CallAws): Promise<SmokeNetwork> {
  const Filters = [{ Name: 'default-for-az', Values: ['true'] }];
  const { Subnets } = await call<{ Subnets: Subnet[] }>('ec2', 'DescribeSubnets', { Filters });
  const [one, ...others] = Subnets.toSorted((left, right) =>
    left.AvailabilityZone.localeCompare(right.AvailabilityZone),
  );
  const two = [
    one,
    others.find(({ AvailabilityZone }) => AvailabilityZone !== one?.AvailabilityZone),
  ].filter((found) => found !== undefined);
  if (one === undefined)
    throw new Refusal('There is no default VPC in this region. Type: aws ec2 create-default-vpc');
  return {
    vpcId: one.VpcId,
    subnetIds: two.map(({ SubnetId }) => SubnetId),
    availabilityZones: two.map(({ AvailabilityZone }) => AvailabilityZone),
  };
}
