import Contracts
import TestKit
import Testing
import TronKit

@testable import Gateway

@Suite(.serialized) struct RestAddressTests {
  private static let other = "TQwDQ5gQECrKQV6J3cUXSyH1zfjYCXeFtC"

  private static func json(_ address: String, _ label: String, _ isDefault: Bool) -> JSONValue {
    ["object": "address", "address": .string(address), "label": .string(label), "is_default": .bool(isDefault)]
  }

  @Test func `An address is saved once in whatever spelling, renamed, made the default and removed`() async throws {
    try await RunningGateway.run { world in
      let saved = try await world.call(
        "POST", "/v1/addresses", body: #"{"address":"\#(Samples.receiver)","label":"cold wallet"}"#)
      #expect(saved.status == 201)
      #expect(saved.json == Self.json(Samples.receiver, "cold wallet", false))
      let path = "/v1/addresses/\(Samples.receiver)"
      #expect(saved.header("Location") == path)
      let hex = try TronAddress(parsing: Samples.receiver).hex
      let again = try await world.call("POST", "/v1/addresses", body: #"{"address":"\#(hex)","default":true}"#)
      #expect(again.status == 200)
      #expect(again.json == Self.json(Samples.receiver, "cold wallet", true))

      #expect(try await world.call("POST", "/v1/addresses", body: #"{"address":"\#(Self.other)"}"#).status == 201)
      let list = try await world.call("GET", "/v1/addresses")
      #expect(list.json["data"]?.array?.count == 2)
      let renamed = try await world.call("PATCH", path, body: #"{"label":"hot <&> 冷"}"#)
      #expect(renamed.json == Self.json(Samples.receiver, "hot <&> 冷", true))
      let moved = try await world.call("PATCH", "/v1/addresses/\(Self.other)", body: #"{"default":true}"#)
      #expect(moved.json == Self.json(Self.other, "", true))
      #expect(try await world.call("GET", path).json["is_default"] == false)

      let removed = try await world.call("DELETE", path)
      #expect(removed.status == 204)
      #expect(removed.bytes.isEmpty && removed.header("Content-Type") == nil)
      #expect(try await world.call("DELETE", path).status == 204)
      #expect(try await world.call("GET", path).status == 404)
      #expect(try await world.call("PATCH", path, body: #"{"label":"x"}"#).json["code"] == "not_found")
    }
  }

  @Test func `What wallet-svc refuses is a problem with its reason, and its silence is no failure`() async throws {
    try await RunningGateway.run { world in
      let body = #"{"address":"\#(Samples.receiver)","label":"x","default":true}"#
      for (code, status) in [
        ("too_many_addresses", 409), ("label_too_long", 422), ("label_unprintable", 422), ("address_unusable", 422),
        ("address_not_saved", 404), ("something_newer", 409),
      ] {
        world.wallet.set { $0.refusal = code }
        let refused = try await world.call("POST", "/v1/addresses", body: body)
        #expect(refused.status == status, "\(code)")
        if status == 422 { #expect(refused.json["errors"]?.array?.first?["code"]?.string == code) }
      }
      #expect(try await world.call("DELETE", "/v1/addresses/\(Samples.receiver)").status == 409)
      #expect(world.wallet.now.addresses.isEmpty)
      world.wallet.set {
        $0.refusal = nil
        $0.isSilent = true
      }
      let late = try await world.call("POST", "/v1/addresses", body: body)
      #expect(late.status == 202)
      #expect(late.header("Retry-After") == "2")
      #expect(try await world.call("GET", "/v1/addresses/\(Samples.receiver)").json["is_default"] == true)
    }
  }

  @Test func `An address that is removed while it is renamed stays removed`() async throws {
    try await RunningGateway.run { world in
      let body = #"{"address":"\#(Samples.receiver)","label":"x"}"#
      for change in [#"{"label":"y"}"#, #"{"label":"y","default":true}"#] {
        world.wallet.set { $0.removesBeforeSaving = false }
        let saved = try await world.call("POST", "/v1/addresses", body: body)
        #expect(saved.status == 201)
        world.wallet.set { $0.removesBeforeSaving = true }
        let changed = try await world.call("PATCH", "/v1/addresses/\(Samples.receiver)", body: change)
        #expect(changed.status == 404)
      }
      #expect(world.wallet.now.addresses.isEmpty)
    }
  }

  @Test func `An address that is saved and may not have become the default is no "nothing was changed"`() async throws {
    try await RunningGateway.run { world in
      try await world.bus.read { session in
        try session.script(
          """
          create function refuse() returns trigger language plpgsql as $$
          begin
            if new.type = '\(SetDefaultAddress.messageType)' then raise exception 'no'; end if;
            return new;
          end $$;
          create trigger refuse before insert on outbox for each row execute function refuse();
          """)
      }
      let answer = try await world.call(
        "POST", "/v1/addresses", body: #"{"address":"\#(Samples.receiver)","label":"x","default":true}"#)
      #expect(answer.status == 503)
      #expect(answer.json["code"] == "outcome_unknown")
      #expect(answer.header("Retry-After") != nil)
      #expect(world.wallet.now.addresses.map(\.label) == ["x"])
    }
  }

  @Test func `What is no address and no such method is told at the door`() async throws {
    try await RunningGateway.run { world in
      let bad = try await world.call("GET", "/v1/addresses/TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6T")
      #expect(bad.status == 404)
      #expect(bad.json["detail"]?.string?.contains("checksum") == true)
      for path in ["%00", "..%2F..%2Fetc", String(repeating: "T", count: 2_000), "0x", "%F0%9F%92%A9"] {
        #expect(try await world.call("DELETE", "/v1/addresses/\(path)").status == 404, "\(path.prefix(20))")
      }
      #expect(try await world.call("PUT", "/v1/addresses/\(Samples.receiver)").status == 405)
      #expect(try await world.call("DELETE", "/v1/addresses").status == 405)
      let plain = try await world.call(
        "PATCH", "/v1/addresses/\(Samples.receiver)", body: "{}", contentType: "text/plain")
      #expect(plain.status == 415)
      let large = #"{"label":"\#(String(repeating: "x", count: 17_000))"}"#
      #expect(try await world.call("PATCH", "/v1/addresses/\(Samples.receiver)", body: large).status == 413)
      #expect(try await world.call("GET", "/v1/addresses", key: nil).status == 401)
    }
  }
}

@Suite struct AddressRequestTests {
  private func codes(_ body: String, _ read: ([UInt8]) throws -> Void) -> [String] {
    do {
      try read(Array(body.utf8))
      return []
    } catch let problem as Problem {
      return problem.errors.isEmpty ? [problem.code] : problem.errors.map { "\($0.pointer) \($0.code)" }
    } catch { return ["\(error)"] }
  }

  @Test(arguments: [
    ("", ["invalid_json"]), ("[]", ["invalid_json"]), ("null", ["invalid_json"]), ("{}", ["#/address required"]),
    (#"{"address":null}"#, ["#/address required"]), (#"{"address":7}"#, ["#/address wrong_type"]),
    (#"{"address":"T"}"#, ["#/address wrong_length"]),
    (
      #"{"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","label":1,"default":"yes","a/b":1}"#,
      ["#/a~1b unknown_field", "#/label wrong_type", "#/default wrong_type"]
    ),
  ])
  func `Everything that is wrong with an address to save is named at once`(_ body: String, _ expected: [String]) {
    #expect(codes(body) { _ = try AddressRequest(body: $0) } == expected)
  }

  @Test(arguments: [
    ("{}", ["# required"]), (#"{"label":null,"default":null}"#, ["# required"]),
    (#"{"label":" \t"}"#, ["#/label out_of_range"]), (#"{"default":false}"#, ["#/default out_of_range"]),
    (#"{"address":"T"}"#, ["#/address unknown_field"]), (#"{"default":1}"#, ["#/default wrong_type"]),
  ])
  func `A change that changes nothing or cannot be made is refused`(_ body: String, _ expected: [String]) {
    #expect(codes(body) { _ = try AddressChange(body: $0) } == expected)
  }

  @Test func `A change takes label, default or both`() throws {
    #expect(try AddressChange(body: Array(#"{"label":"x"}"#.utf8)).makesDefault == false)
    let both = try AddressChange(body: Array(#"{"label":"x","default":true}"#.utf8))
    #expect(both.label == "x" && both.makesDefault)
  }
}
