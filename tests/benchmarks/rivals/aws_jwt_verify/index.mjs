import { JwtVerifier } from "aws-jwt-verify";

const verifier = JwtVerifier.create({
  issuer: "https://login.example.com/",
  audience: "orders",
  jwksUri: process.env.JWKS_URL ?? "https://login.example.com/jwks.json",
});
if (process.env.JWKS) {
  verifier.cacheJwks(JSON.parse(process.env.JWKS));
} else {
  await verifier.hydrate();
}

export async function handler(event) {
  const answer = (principalId, Effect) => ({
    principalId,
    policyDocument: {
      Version: "2012-10-17",
      Statement: [{ Action: "execute-api:Invoke", Effect, Resource: event.methodArn }],
    },
  });
  try {
    const payload = await verifier.verify(event.authorizationToken.replace("Bearer ", ""));
    return answer(payload.sub, "Allow");
  } catch {
    return answer("user", "Deny");
  }
}
