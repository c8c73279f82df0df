import ArgumentParser
import BusKit
import Contracts
import Foundation

/// The master keys under which supplier keys are encrypted. Their lines are in a file on tx-svc's machines; only their
/// ids are seen here.
struct KeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Master and sealing keys of tx-svc, by their ids.",
    subcommands: [List.self, Check.self, Rotate.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Which keys there are and what needs them, as JSON.")
    @OptionGroup var bus: BusOptions

    func run() async throws { try printJSON(try await bus.ask(GetKeys())) }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what should be done about the keys; exits with 1 when something should.")
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let view = try await bus.ask(GetKeys())
      for line in Self.lines(view) { print(line) }
      if !view.mistakes.isEmpty { throw ExitCode.failure }
    }

    static func lines(_ view: KeysView) -> [String] {
      let retirable = view.masters.filter { $0.isRetirable && $0.isHeld }.map {
        "note: master key \($0.keyID) encrypts nothing: its line may be taken out, once no backup needs it"
      }
      let warnings = view.warnings.sorted { $0.key < $1.key }.map { "warning: the key of \($0.key): \($0.value)" }
      let mistakes = view.mistakes.map { "mistake: \($0)" }
      let well = ["well: \(view.replicas.count) replicas, \(view.masters.count) master keys"]
      return (mistakes.isEmpty ? well : mistakes) + warnings + retirable
    }
  }

  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Encrypt every supplier key under one master key, while orders go on.",
      discussion: """
        First add the new key's line to the file on every machine, as the second line; then make it the first. It is \
        refused while a replica does not have the key yet.
        """)
    @Option(help: "The master key's id. Default: the first of the file.") var to: String?
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let action = try action.action()
      let given = try to.map(Self.check)
      try await bus.withBus { client in
        let keyID: String
        if let given {
          keyID = given
        } else {
          keyID = try Self.primary(try await client.ask(GetKeys()))
        }
        try await client.apply(RotateKeys(keyID: keyID, action: action), action)
      }
    }

    static func check(_ keyID: String) throws -> String {
      guard keyID.wholeMatch(of: /[0-9a-f]{16}/) != nil else {
        throw ValidationError("--to is '\(keyID)': give a key's id, 16 hex digits, as `energyctl keys list` shows it")
      }
      return keyID
    }

    /// The key that all replicas encrypt with.
    static func primary(_ view: KeysView) throws -> String {
      let firsts = Set(view.replicas.compactMap(\.masterKeys.first)).union(
        view.masters.filter(\.isPrimary).map(\.keyID))
      guard let only = firsts.first, firsts.count == 1 else {
        throw ValidationError(
          "replicas encrypt with different master keys (\(firsts.sorted().joined(separator: ", "))): "
            + "give all the same file, or say which with --to")
      }
      return only
    }
  }
}
