import Foundation

extension FileHandle {
  /// All that is in it, also of a pipe, which gives it piece by piece; nil where that is more than `bytesMax`.
  func contents(bytesMax: Int) throws -> Data? {
    var data = Data()
    while data.count <= bytesMax, let part = try read(upToCount: bytesMax + 1 - data.count), !part.isEmpty {
      data += part
    }
    return data.count <= bytesMax ? data : nil
  }
}
