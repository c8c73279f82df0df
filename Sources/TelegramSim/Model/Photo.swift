import Foundation

/// A picture as a message refers to it.
struct Photo: Codable, Sendable, Equatable {
  var fileID: String
  var width: Int
  var height: Int
  /// Bytes.
  var size: Int

  /// The Bot API's `PhotoSize`. The simulator keeps one size of each picture.
  var json: JSON {
    [
      "file_id": .string(fileID), "file_unique_id": .string("u-\(fileID)"), "width": .integer(width),
      "height": .integer(height), "file_size": .integer(size),
    ]
  }

  /// What the chat page and automated tests get.
  var view: JSON {
    [
      "file_id": .string(fileID), "url": .string("/sim/files/\(fileID)"), "width": .integer(width),
      "height": .integer(height),
    ]
  }

  /// Width and height of a PNG, the one kind of picture that the simulator takes; nil for anything else.
  static func size(ofPNG bytes: Data) -> (width: Int, height: Int)? {
    let head = [UInt8](bytes.prefix(24))
    guard head.count == 24, head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
      head[12..<16].elementsEqual("IHDR".utf8)
    else { return nil }
    func number(_ at: Int) -> Int { head[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
    return (number(16), number(20))
  }
}

/// A picture that a bot sent.
struct StoredFile: Codable, Sendable, Equatable {
  var photo: Photo
  var bytes: Data
}

/// The pictures that are kept: the newest within `Limits.files` and `Limits.filesBytes`.
struct FileShelf: Codable, Sendable, Equatable {
  private(set) var files: [StoredFile] = []
  private(set) var nextNumber = 1

  mutating func keep(_ file: StoredFile) {
    files.append(file)
    nextNumber += 1
    files.keepLast(Limits.files)
    var bytes = files.reduce(0) { $0 + $1.bytes.count }
    while bytes > Limits.filesBytes, let oldest = files.first {
      bytes -= oldest.bytes.count
      files.removeFirst()
    }
  }

  func find(_ id: String) -> StoredFile? { files.last { $0.photo.fileID == id } }
}

extension KeyedDecodingContainer {
  /// A state that was written before there were pictures has none.
  func decode(_ type: FileShelf.Type, forKey key: Key) throws -> FileShelf {
    try decodeIfPresent(type, forKey: key) ?? FileShelf()
  }
}
