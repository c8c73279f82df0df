import ArgumentParser
import BusKit
import Contracts
import Foundation
import TronKit

/// Restricted keys: a hot key that may delegate and take back, and nothing else. The owner's key stays cold: it signs
/// one transaction, on a machine without a network.
struct PermissionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "permission", abstract: "Restricted keys of supplier wallets.",
    subcommands: [Show.self, Build.self, Sign.self, Check.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "An account's permissions on chain, as JSON.")
    @Argument(help: "The wallet's address.") var address: String
    @OptionGroup var bus: BusOptions

    func run() async throws {
      try printJSON(try await bus.ask(GetPermissions(address: try TronAddress(parsing: address))))
    }
  }

  struct Build: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the transaction that gives a hot key its restricted permission. Nobody has signed it.",
      discussion: """
        It replaces all permissions of the account: the owner's and a super representative's are repeated as they are, \
        active ones only when they are named with --keep. Let the owner's key sign it where that key lives \
        (`energyctl supplier permission sign` needs no network), then broadcast it, then run `check`.
        """)
    @Option(help: "The wallet's address.") var owner: String
    @Option(help: "The address of the key that tx-svc will hold.") var hotKey: String
    @Option(help: "The id of an active permission to keep; may be given more than once.") var keep: [Int32] = []
    @Option(help: "How long the transaction may be used, at most 23h: time for the cold key to be fetched.")
    var expires = "12h"
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let (owner, hotKey) = (try TronAddress(parsing: owner), try TronAddress(parsing: hotKey))
      let seconds = try Limits.check(
        try Limits.seconds(expires, "--expires"), "--expires in seconds", in: 60...Limits.lifetimeSecondsMax)
      let view = try await bus.ask(GetPermissions(address: owner))
      let plan = try PermissionPlan(view, hotKey: hotKey, keep: keep, lifetimeSeconds: seconds)
      for line in plan.explanation { writeError(line) }
      try printJSON(plan.output)
    }
  }

  struct Sign: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sign such a transaction with the owner's key, offline, and print it ready to be broadcast.",
      discussion: "It signs nothing but a change of permissions. Broadcast the hex with /wallet/broadcasthex.")
    @Argument(help: "raw_data_hex, as `build` has printed it.") var rawDataHex: String
    @Option(help: "A file with the owner's key (64 hex digits), or - for standard input.") var keyFile: String

    func run() throws {
      let key = try PrivateKey(hex: try KeyFile.read(keyFile))
      print(Hex.encode(try Self.signed(rawDataHex, key).encoded()))
    }

    static func signed(_ rawDataHex: String, _ key: PrivateKey) throws -> SignedTransaction {
      let raw = try RawTransaction(decodingExactly: try Hex.decode(rawDataHex))
      guard case .updatePermissions(let update) = raw.contract, raw.permissionID == 0 else {
        throw ValidationError(
          "this is a \(raw.contract.name): only a change of permissions by the owner is signed here")
      }
      guard update.owner.keys.contains(where: { $0.address == key.address }) else {
        throw ValidationError("the key of \(key.address) is not an owner of \(update.account)")
      }
      return try raw.signed(with: key)
    }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Read the chain: may this key delegate and take back, and what else may it do?",
      discussion: "Exits with 1 when it cannot do both; what it may do beyond that is a warning.")
    @Option(help: "The wallet's address.") var owner: String
    @Option(help: "The address of the key that tx-svc holds.") var hotKey: String
    @Option(help: "The id of the permission.") var permission: Int32 = 2
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let (owner, hotKey) = (try TronAddress(parsing: owner), try TronAddress(parsing: hotKey))
      let (isFit, lines) = try Self.judge(
        try await bus.ask(GetPermissions(address: owner)), hotKey: hotKey, permission: permission)
      for line in lines { print(line) }
      if !isFit { throw ExitCode.failure }
    }

    static func judge(_ view: PermissionsView, hotKey: TronAddress, permission: Int32) throws -> (Bool, [String]) {
      let scope = KeyScope(
        of: hotKey, for: view.address, try view.permissions.map { try $0.permission() }, permissionID: permission)
      let lines = [
        "\(hotKey) may \(scope.mayDelegate ? "" : "NOT ")delegate for \(view.address) under permission \(permission)",
        "\(hotKey) may \(scope.mayReclaim ? "" : "NOT ")take back for \(view.address) under permission \(permission)",
      ]
      let rest = scope.excess.isEmpty ? ["it may do nothing else"] : scope.excess.map { "warning: \($0)" }
      return (scope.mayDelegate && scope.mayReclaim, lines + rest)
    }
  }
}
