import Foundation
import HTTPClient
import TestKit
import TronKit

@testable import WalletSvc

/// What an API does. Each is a way in which one has failed or could lie.
enum APIBehaviour: String, CaseIterable, Sendable {
  case healthy, down, hangsUp, silent, slow, tooManyRequests, suspended, suspendedWith200, error200, error500, busy503
  case garbage, html, emptyObject, wrongAddress, negative, beyondSupply, beyondInt64, fraction, duplicateToken
  case negativeToken, tokenWithFraction, hugeBody

  /// Whether nothing of it may be believed.
  var isFailure: Bool { self != .healthy && self != .slow }
}

/// TronGrid or TronScan on a real port, which does as it is told.
final class StubAPI: Sendable {
  let source: any ChainSource
  private let server: StubHTTPServer?

  var requests: Int { server?.seen.requests.count ?? 0 }

  /// - Parameter trx: in sun, by which a test tells the two apart.
  init(grid behaviour: APIBehaviour, trx: Int64, http: HTTPClient, budget: (any RequestBudget)? = nil) throws {
    server = try Self.server(behaviour) { Self.grid($0.target, behaviour, trx) }
    let url = try server?.url ?? "http://127.0.0.1:\(freePort())"
    source = TronGridSource(
      client: TronGridClient(baseURL: url, http: http, timeout: .milliseconds(900), budget: budget))
  }

  init(scan behaviour: APIBehaviour, trx: Int64, http: HTTPClient, budget: (any RequestBudget)? = nil) throws {
    server = try Self.server(behaviour) { _ in Self.scan(behaviour, trx) }
    let url = try server?.url ?? "http://127.0.0.1:\(freePort())"
    source = TronScanSource(
      client: TronScanClient(baseURL: url, http: http, timeout: .milliseconds(900), budget: budget))
  }

  func stop() { server?.stop() }

  static let address = "TDsCgUWZkyBLEEJXP2B1X81bASueT1Uqtf"
  private static let other = "TMHy1fRsYsD4gCgTZbysd9yH9AQFQnTZQS"
  private static let usdt = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
  private static let fake = "TSeJkUh4Qv67VNFwY8LaAxERygNdy6NQZK"

  private static func server(
    _ behaviour: APIBehaviour, _ answer: @escaping @Sendable (StubHTTPServer.Request) -> String
  ) throws -> StubHTTPServer? {
    guard behaviour != .down else { return nil }
    return try StubHTTPServer { request in
      switch behaviour {
      case .hangsUp: return .hangUp
      case .silent: return .silence
      case .slow:
        Thread.sleep(forTimeInterval: 0.5)
        return .text(answer(request))
      case .tooManyRequests: return .answer(status: 429, headers: [("Retry-After", "30")])
      case .suspended:
        return .text(
          #"{"Success":false,"Error":"The key exceeds the frequency limit(15), and the query server is suspended for 30s","#
            + #""StatusCode":403}"#, status: 403)
      case .suspendedWith200:
        return .text(
          #"{"Error":"request rate exceeded the allowed_rps(3), and the query server is suspended for 30 s. To"}"#)
      case .error200:
        return .text(#"{"Error":"class java.lang.IllegalAccessException : lack of computing resources"}"#)
      case .error500: return .text("Internal Server Error", status: 500)
      case .busy503: return .answer(status: 503, headers: [("Retry-After", "30")], body: Array("busy".utf8))
      case .garbage: return .text(#"{"success":true,"data":[{"address""#)
      case .html: return .text("<html><body>Checking your browser</body></html>")
      case .emptyObject: return .text("{}")
      case .hugeBody: return .answer(body: Array(repeating: UInt8(ascii: " "), count: 5 * 1024 * 1024))
      default: return .text(answer(request))
      }
    }
  }

  /// Both list a token of the same name under another contract, which must never count.
  private static func grid(_ target: String, _ behaviour: APIBehaviour, _ trx: Int64) -> String {
    guard target.hasPrefix("/v1/") else {
      return #"{"freeNetLimit":600,"EnergyLimit":70000,"EnergyUsed":5000,"TotalEnergyLimit":180000000000}"#
    }
    let address = behaviour == .wrongAddress ? other : address
    let token =
      switch behaviour {
      case .negativeToken: "-5"
      case .tokenWithFraction: "42.5"
      default: "42"
      }
    let again = behaviour == .duplicateToken ? #",{"\#(usdt)":"43"}"# : ""
    return """
      {"success":true,"data":[{"address":"\(address)","balance":\(balance(behaviour, trx)),"create_time":1,
       "trc20":[{"\(fake)":"999000000"},{"\(usdt)":"\(token)"}\(again)]}]}
      """
  }

  private static func scan(_ behaviour: APIBehaviour, _ trx: Int64) -> String {
    let address = behaviour == .wrongAddress ? other : address
    func token(_ id: String, _ balance: String) -> String {
      #"{"tokenId":"\#(id)","tokenAbbr":"USDT","tokenName":"Tether USD","balance":\#(balance),"amount":130.5}"#
    }
    let amount =
      switch behaviour {
      case .negativeToken: "-5"
      case .tokenWithFraction: "42.5"
      default: #""42""#
      }
    let tokens =
      [token(fake, #""999000000""#), token(usdt, amount)]
      + (behaviour == .duplicateToken ? [token(usdt, #""43""#)] : [])
    return """
      {"address":"\(address)","balance":\(balance(behaviour, trx)),"activated":true,"accountType":0,
       "bandwidth":{"freeNetRemaining":600,"netRemaining":0,"energyRemaining":65000,"energyLimit":70000},
       "withPriceTokens":[\(tokens.joined(separator: ","))]}
      """
  }

  private static func balance(_ behaviour: APIBehaviour, _ trx: Int64) -> String {
    switch behaviour {
    case .negative: "-1"
    case .beyondSupply: "130000000000000000"
    case .beyondInt64: "99999999999999999999"
    case .fraction: "0.5"
    default: String(trx)
    }
  }
}
