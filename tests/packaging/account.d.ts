/** The module that the harness writes into each project: an account of its own on the suite's server. */

export interface Account {
  url: string;
  organization: string;
  username: string;
  password: string;
}

export const account: Account;
