import ArgumentParser
import BusKit
import Contracts
import Foundation

extension Topic {
  /// - Throws: `ValidationError` when nobody declares such a topic.
  static func named(_ name: String) throws -> Topic {
    guard let topic = lasting.first(where: { $0.name == name }) else {
      throw ValidationError("there is no topic '\(name)'; there are: \(lasting.map(\.name).joined(separator: ", "))")
    }
    return topic
  }

  /// What operators look at: questions and answers live for a minute only.
  static var lasting: [Topic] { declared.filter { !$0.isTransient } }
}

/// Which topics; all when none is named.
struct TopicOptions: ParsableArguments {
  @Option(name: .customLong("topic"), help: "Only this topic. May be given more than once.") var names: [String] = []

  func topics() throws -> [Topic] { names.isEmpty ? Topic.lasting : try names.map { try Topic.named($0) } }
}

struct ServiceOption: ParsableArguments {
  @Option(help: "The service whose part of the bus it is, e.g. order-svc.") var service: String

  func name() throws -> String { try Self.check(service) }

  static func check(_ name: String) throws -> String {
    guard ServiceName.all.contains(name) else {
      throw ValidationError("there is no service '\(name)'; there are: \(ServiceName.all.joined(separator: ", "))")
    }
    return name
  }
}

/// What cannot be undone is done only when somebody says so.
struct Confirmation: ParsableArguments {
  @Flag(help: "Do not ask.") var yes = false

  /// - Throws: `ValidationError` when nobody can be asked, `ExitCode.failure` when the answer is no.
  func ask(_ question: String) throws {
    if yes { return }
    guard isatty(FileHandle.standardInput.fileDescriptor) == 1 else {
      throw ValidationError("\(question)? Nobody can be asked here: repeat with --yes")
    }
    FileHandle.standardError.write(Data("\(question)? [y/N] ".utf8))
    guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else {
      writeError("nothing was done")
      throw ExitCode.failure
    }
  }
}

enum Limits {
  /// Of a transaction that a cold key is fetched for. java-tron: it expires within 24 hours; an hour is left for its
  /// way.
  static let lifetimeSecondsMax = 23 * 3600

  static func check(_ value: Int, _ name: String, in range: ClosedRange<Int>) throws -> Int {
    guard range.contains(value) else {
      throw ValidationError("\(name) is \(value): give \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  static func uuid(_ text: String, _ name: String) throws -> UUID {
    guard let id = UUID(uuidString: text) else {
      throw ValidationError("\(name) is '\(text)': give an id such as 0198c0de-0000-7000-8000-000000000000")
    }
    return id
  }

  /// Seconds of `90s`, `15m`, `2h`, `30d`.
  static func seconds(_ text: String, _ name: String) throws -> Int {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    let most = 36_500 * 86_400
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()),
      (0...most / unit).contains(count)
    else { throw ValidationError("\(name) is '\(text)': give a time such as 90s, 15m, 2h or 30d") }
    return count * unit
  }

  /// `2026-01-31T12:00:00Z`, or so long ago: `2h`.
  static func moment(_ text: String, _ name: String, now: Date = Date()) throws -> Date {
    if let date = MessageCoder.date(text) { return date }
    guard text.count <= 10, let ago = try? seconds(text, name) else {
      throw ValidationError(
        "\(name) is '\(text)': give a time such as 2026-01-31T12:00:00Z, or so long ago: 15m, 2h, 1d")
    }
    return now.addingTimeInterval(-Double(ago))
  }
}
