/// The commands of one scope and language, as set by `setMyCommands`.
struct CommandList: Codable, Sendable, Equatable {
  /// Canonical text of the `scope` object, `{"type":"default"}` when none was given.
  var scope: String
  var languageCode: String
  var commands: JSON
}
