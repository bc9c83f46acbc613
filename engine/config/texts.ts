import { z } from 'zod';

export const name = z.string().min(1).max(200);

/** In a URL before the @ or as a parameter, or in a list of key=value. A password may hold an unencoded slash; host:5432/name@x is none. */
const PASSWORDS = [
  /^[a-z]+:\/\/[^/@:?]*:(?!\d+\/)[^@?]+@/i,
  /^[a-z]+:\/\/.*[?&](?:ssl)?password=/is,
  /^(?![a-z]+:\/\/)(?:.*\s)?(?:ssl)?password\s*=/is,
];

export const urlWithoutPassword = z
  .string()
  .refine((text) => !PASSWORDS.some((pattern) => pattern.test(text)), {
    message:
      'a password does not belong into the config; use passwordEnv, a passfile (~/.pgpass) or an envFile',
  });
