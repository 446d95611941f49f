// The least that NestJS on Fastify is: one module, one route.
require('reflect-metadata');
const { Controller, Get, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { FastifyAdapter } = require('@nestjs/platform-fastify');

class Hello {
  hello() {
    return 'Hello';
  }
}
Get()(Hello.prototype, 'hello', Object.getOwnPropertyDescriptor(Hello.prototype, 'hello'));
Controller()(Hello);

class App {}
Module({ controllers: [Hello] })(App);

async function main() {
  const app = await NestFactory.create(App, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  console.log(`${await app.getUrl()}\n`);
}

void main();
