export class HttpClient {
  constructor() {
    throw new Error('This bundle has no HTTP client for OIDC tokens; local/build.ts leaves it out.');
  }
}
export class BearerCredentialHandler {}
