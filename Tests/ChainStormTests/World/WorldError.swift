/// Why the world did not do what a test needs of it.
struct WorldError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
