import Contracts
import Foundation
import Testing
import TronKit

@testable import Gateway

@Suite struct RestRequestTests {
  private func problem(_ body: String) -> Problem? {
    do throws(Problem) {
      _ = try OrderRequest(body: Array(body.utf8))
      return nil
    } catch { return error }
  }

  @Test func `A right body is read`() throws {
    let body = #"{"receiver":"\#(Samples.receiver)","energy":65000,"duration_seconds":3600,"max_price_sun":5000000}"#
    let order = try OrderRequest(body: Array(body.utf8))
    #expect(order.receiver.base58 == Samples.receiver)
    #expect(order.energy == Energy(65_000))
    #expect(order.durationSeconds == 3600)
    #expect(order.priceMax == Sun(5_000_000))
  }

  @Test func `Every wrong field is named with its place`() throws {
    let found = try #require(problem(#"{"receiver":"T123","energy":true,"duration_seconds":0,"x/y":1}"#))
    #expect(found.status == 422)
    #expect(found.errors.map(\.pointer) == ["#/x~1y", "#/receiver", "#/energy", "#/duration_seconds"])
    #expect(found.errors.map(\.code).contains("out_of_range"))
  }

  @Test(arguments: ["", "{", "[]", "7", "{\"a\":1}}"])
  func `What is no JSON object is a bad request`(_ body: String) throws {
    #expect(try #require(problem(body)).status == 400)
  }

  @Test(arguments: [#""65000""#, "65000.5", "null", "[65000]", "-1", "99999999999999999999"])
  func `Energy is a positive whole number`(_ energy: String) throws {
    let body = #"{"receiver":"\#(Samples.receiver)","energy":\#(energy),"duration_seconds":3600}"#
    #expect(try #require(problem(body)).errors.map(\.pointer) == ["#/energy"])
  }

  @Test func `The fingerprint sees meaning, not spelling`() throws {
    let address = try TronAddress(parsing: Samples.receiver)
    let a = #"{"receiver":"\#(address.base58)","energy":65000,"duration_seconds":3600}"#
    let b = #"{ "duration_seconds":3600, "energy":65000, "receiver":"\#(address.hex)", "max_price_sun":null }"#
    let c = #"{"receiver":"\#(address.base58)","energy":65001,"duration_seconds":3600}"#
    let prints = try [a, b, c].map { try OrderRequest(body: Array($0.utf8)).fingerprint }
    #expect(prints[0] == prints[1])
    #expect(prints[0] != prints[2])
  }

  @Test func `A quoted idempotency key is the bare one`() throws {
    #expect(try IdempotencyKey(header: "\"k-1\"") == IdempotencyKey(header: "k-1"))
  }

  @Test(arguments: [nil, "", "\"\"", String(repeating: "k", count: 256), "schlüssel"] as [String?])
  func `A missing or malformed idempotency key is a bad request`(_ header: String?) throws {
    let problem = #expect(throws: Problem.self) { try IdempotencyKey(header: header) }
    #expect(problem?.status == 400)
  }

  @Test func `A key belongs to one client`() throws {
    let key = try IdempotencyKey(header: "k-1")
    #expect(key.rowID(client: "a") != key.rowID(client: "b"))
  }

  @Test(
    arguments: [nil, "", "Basic ek_a_b", "Bearer", "Bearer sk_a_b", "Bearer ek_a", "Bearer ek__", "Bearer ek_a_b c"]
      as [String?])
  func `What is not our bearer token is no key`(_ header: String?) {
    #expect(APIKey(authorization: header) == nil)
  }

  @Test func `A key may have underscores in both parts`() throws {
    let key = try #require(APIKey(authorization: "bearer ek_cli_1_se_cret"))
    #expect(key.readings.map(\.client) == ["cli", "cli_1", "cli_1_se"])
  }

  @Test func `Hashes match only when all bytes do`() {
    #expect(APIKey.matches([1, 2, 3], [1, 2, 3]))
    #expect(!APIKey.matches([1, 2, 3], [1, 2, 4]))
    #expect(!APIKey.matches([1, 2, 3], [1, 2]))
  }

  @Test func `A page has one to a hundred orders`() throws {
    #expect(try OrderEndpoints.page([:]).limit == 20)
    #expect(try OrderEndpoints.page(["limit": "100"]).limit == 100)
    for bad in [["limit": "0"], ["limit": "101"], ["limit": "x"], ["starting_after": "ord_1"]] {
      #expect(throws: Problem.self) { try OrderEndpoints.page(bad) }
    }
  }
}
