# Sidekiq as its wiki says: jobs pushed in bulk, a thousand a call; the consumer is `sidekiq -r` with this file.
# Consumers count in memory; a thread writes the count every few milliseconds where the benchmark reads it.
require "sidekiq"

Sidekiq.configure_client { |config| config.redis = { path: ENV.fetch("BENCH_REDIS"), driver: :hiredis } }
Sidekiq.configure_server do |config|
  config.redis = { path: ENV.fetch("BENCH_REDIS"), driver: :hiredis }
  config.on(:startup) { Item.report }
end
Sidekiq.logger.level = Logger::WARN

class Item
  include Sidekiq::Worker
  sidekiq_options retry: true, queue: "default"

  @lock = Mutex.new
  @count = 0

  def self.add = @lock.synchronize { @count += 1 }

  def self.report
    file = File.open(File.join(ENV.fetch("BENCH_COUNTS"), Process.pid.to_s), "wb")
    Thread.new do
      loop do
        file.pwrite([@count].pack("Q<"), 0)
        sleep 0.005
      end
    end
  end

  def perform(_item) = Item.add
end

if $PROGRAM_NAME == __FILE__
  size = Integer(ENV.fetch("BENCH_BYTES"))
  messages = Array.new(Integer(ENV.fetch("BENCH_MESSAGES"))) do |number|
    fields = { "account" => "account-#{number % 10_000}", "seq" => number, "amount" => 5, "note" => "" }
    fields["note"] = "x" * [0, size - fields.to_json.bytesize].max
    [fields]
  end
  $stdout.puts "ready"
  $stdout.flush
  $stdin.gets
  messages.each_slice(1000) do |slice|
    Sidekiq::Client.push_bulk("class" => Item, "args" => slice)
  end
end
