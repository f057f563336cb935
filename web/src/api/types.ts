/** Names for what the generated schema describes, taken from the paths and never written by hand. */
import type { paths } from './schema'

type Json<R> = R extends { content: { 'application/json': infer B } } ? B : never
type Body<O> = O extends { responses: infer R }
  ? Json<R extends { 200: infer A } ? A : R extends { 201: infer B } ? B : never>
  : never
type Data<P extends keyof paths, M extends keyof paths[P]> =
  Body<paths[P][M]> extends { data: infer D } ? D : never
type Row<T> = T extends readonly (infer R)[] ? R : never

export type SessionAnswer = Data<'/api/v1/sessions', 'post'>
export type SessionRow = Row<Data<'/api/v1/sessions', 'get'>>
export type Passkey = Row<Data<'/api/v1/passkeys', 'get'>>
export type ApiKey = Row<Data<'/api/v1/api-keys', 'get'>>
export type ApiKeyWish = NonNullable<
  paths['/api/v1/api-keys']['post']['requestBody']
>['content']['application/json']
export type Activity = Row<Data<'/api/v1/security-activity', 'get'>>
export type Me = Data<'/api/v1/me', 'get'>
export type Balance = Row<Data<'/api/v1/balances', 'get'>>
export type Asset = Row<Data<'/api/v1/assets', 'get'>>
export type Price = Row<Data<'/api/v1/prices', 'get'>>
export type Quote = Data<'/api/v1/quotes', 'post'>
export type Conversion = Data<'/api/v1/conversions', 'post'>
export type DepositAddress = Data<'/api/v1/deposit-addresses', 'post'>
export type Deposit = Row<Data<'/api/v1/deposits', 'get'>>
export type Dashboard = Data<'/api/v1/dashboard', 'get'>
export type Holding = Row<Dashboard['holdings']>
export type ValuePoint = Row<Data<'/api/v1/portfolios/value-history', 'get'>>
export type Transaction = Row<Data<'/api/v1/transactions', 'get'>>
