# The image that `kms schedule kubernetes` names: kms with its production packages, run by nobody in particular.
#   docker build --tag kms-rotate:0.1.0 .
FROM node:20-bookworm AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Where no prebuilt SQLite driver can be fetched it is compiled, with the tools of this image.
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/kms
COPY --from=build /build/package.json /build/oclif.manifest.json /build/LICENSE ./
COPY --from=build /build/bin/run.js bin/
COPY --from=build /build/dist dist/
COPY --from=build /build/node_modules node_modules/
USER 65532:65532
ENTRYPOINT ["node", "/opt/kms/bin/run.js"]
