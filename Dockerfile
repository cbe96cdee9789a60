# The image that `kms schedule kubernetes` names: the published package and SQLite's driver, run without root's rights.
#   docker build --tag kms-rotate .
FROM node:24-bookworm AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Where npm cannot fetch SQLite's driver built, it compiles it with the tools of this image.
RUN npm ci
COPY . .
RUN npm run build
# Of the driver, what it needs to run: not its sources, nor what fetches or compiles it.
WORKDIR /build/image/node_modules
RUN cp -r ../../dist/package/. .. \
 && cp -r ../../node_modules/bindings ../../node_modules/file-uri-to-path . \
 && mkdir -p better-sqlite3/build/Release \
 && cp -r ../../node_modules/better-sqlite3/LICENSE ../../node_modules/better-sqlite3/package.json \
      ../../node_modules/better-sqlite3/lib better-sqlite3 \
 && cp ../../node_modules/better-sqlite3/build/Release/better_sqlite3.node better-sqlite3/build/Release

FROM node:24-bookworm-slim
ENV NODE_ENV=production
COPY --from=build /build/image/ /opt/kms/
USER 65532:65532
ENTRYPOINT ["node", "/opt/kms/bin/run.js"]
