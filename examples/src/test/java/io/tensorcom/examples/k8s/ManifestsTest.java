// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.tensorcom.examples.cli.StopSignal;
import io.tensorcom.examples.training.Training;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

@ExtendWith(ManifestsTest.Quiet.class)
@EnableKubernetesMockClient(crud = true)
@Timeout(60)
final class ManifestsTest {
  /** The mock API server tells of each request otherwise. */
  static final class Quiet implements BeforeAllCallback {
    private static final Logger SERVER = Logger.getLogger("io.fabric8.mockwebserver");

    @Override
    public void beforeAll(ExtensionContext context) {
      SERVER.setLevel(Level.WARNING);
    }
  }

  private static final Path K8S = Path.of(System.getProperty("tensorcom.root"), "examples/k8s");
  private static final List<String> SERVE =
      List.of("serve-imagenet-shards", "-b", "96", "zpub://0.0.0.0:7880");
  private static final List<String> MONITOR = List.of("tensormon", "zsub://shards.bigdata19:7880");
  private static final List<String> TRAIN =
      List.of("training", "--tensorcom", "zsub://shards.bigdata19:7880");
  private static final String GPU = "nvidia.com/gpu";

  @SuppressWarnings("NullAway.Init") // The extension does it.
  KubernetesClient client;

  private static List<HasMetadata> objects(String folder) throws IOException {
    return Kustomization.render(K8S.resolve(folder)).stream().map(Strictly::read).toList();
  }

  private static <T> List<T> all(Class<T> type, String folder) throws IOException {
    return objects(folder).stream().filter(type::isInstance).map(type::cast).toList();
  }

  private static PodTemplateSpec template(HasMetadata object) {
    return object instanceof Deployment deployment
        ? deployment.getSpec().getTemplate()
        : ((Job) object).getSpec().getTemplate();
  }

  /** What runs pods, by its name. */
  private static Map<String, PodTemplateSpec> templates(String folder) throws IOException {
    return objects(folder).stream()
        .filter(each -> each instanceof Deployment || each instanceof Job)
        .collect(Collectors.toMap(each -> each.getMetadata().getName(), ManifestsTest::template));
  }

  private static PodSpec podsOf(String folder, String name) throws IOException {
    return Objects.requireNonNull(templates(folder).get(name), name).getSpec();
  }

  private static Container onlyContainer(PodSpec spec) {
    assertThat(spec.getContainers()).hasSize(1);
    return spec.getContainers().get(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cpu", "autoscale", "slides"})
  void shouldBeTakenByAnApiServerWhenApplied(String folder) throws IOException {
    List<HasMetadata> objects = objects(folder);
    for (int round = 0; round < 2; round++) {
      for (HasMetadata object : objects) {
        var unused =
            client.resource(object).inNamespace("default").createOr(NonDeletingOperation::update);
      }
    }

    assertThat(objects).hasSizeGreaterThanOrEqualTo(4);
    assertThat(objects)
        .allSatisfy(
            each ->
                assertThat(client.resource(each).inNamespace("default").get())
                    .isNotNull()
                    .extracting(found -> found.getMetadata().getName())
                    .isEqualTo(each.getMetadata().getName()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{spec: {clusterIp: None}}",
        "{spec: {ports: [{port: 7880, appProtokol: tcp}]}}",
        "{metadata: {annotations: {port: 8080}}}",
        "{spec: {ports: [{port: many}]}}",
        "{spec: {ports: [{port: 7880, protocol: TPC}]}}"
      })
  void shouldRefuseWhenAFieldIsUnknownOrOfAnotherType(String wrong) {
    ObjectNode object = (ObjectNode) new YAMLMapper().readTree(wrong);
    object.put("apiVersion", "v1").put("kind", "Service");

    assertThatThrownBy(() -> Strictly.read(object)).isInstanceOf(RuntimeException.class);
  }

  @Test
  void shouldReadEveryFileWhenAllFoldersAreApplied() throws IOException {
    Set<String> named = new TreeSet<>();
    try (Stream<Path> files = Files.walk(K8S)) {
      for (Path file : files.filter(each -> each.endsWith("kustomization.yaml")).toList()) {
        JsonNode content = new YAMLMapper().readTree(Files.readString(file));
        content.path("resources").forEach(each -> named.add(name(file, each.asString())));
        content.path("patches").forEach(each -> named.add(name(file, each.get("path").asString())));
      }
    }
    // What is no object is for other programs.
    named.addAll(
        Set.of("autoscale/metrics-adapter-rule.yaml", "monitoring/alerts.yaml", "base", "../base"));
    try (Stream<Path> files = Files.walk(K8S)) {
      assertThat(files.filter(each -> each.toString().endsWith(".yaml")))
          .filteredOn(each -> !each.endsWith("kustomization.yaml"))
          .map(each -> K8S.relativize(each).toString())
          .isNotEmpty()
          .allSatisfy(each -> assertThat(named).contains(each));
    }
  }

  private static String name(Path file, String path) {
    return K8S.relativize(file.resolveSibling(path).normalize()).toString();
  }

  @Test
  void shouldRunTheCommandsOfTheSlidesWhenApplied() throws IOException {
    for (String folder : List.of("", "cpu", "autoscale")) {
      assertThat(commands(folder))
          .isEqualTo(Map.of("shards", SERVE, "client", MONITOR, "training", TRAIN));
    }
    assertThat(commands("slides"))
        .isEqualTo(Map.of("shards", SERVE, "client", MONITOR, "myjob", TRAIN));
  }

  private static Map<String, List<String>> commands(String folder) throws IOException {
    List<Container> containers = new ArrayList<>();
    templates(folder).values().forEach(each -> containers.add(onlyContainer(each.getSpec())));
    all(Pod.class, folder).forEach(each -> containers.add(onlyContainer(each.getSpec())));
    return containers.stream().collect(Collectors.toMap(Container::getName, Container::getCommand));
  }

  @Test
  void shouldUseTheOneImageWhenItsNameIsSet() throws IOException {
    for (String folder : List.of("", "cpu", "autoscale", "slides")) {
      List<String> images =
          Kustomization.render(K8S.resolve(folder)).stream()
              .flatMap(each -> each.findValuesAsString("image").stream())
              .distinct()
              .toList();
      assertThat(images).as(folder).containsExactly("tensorcom:latest");
    }
  }

  @Test
  void shouldBeAsOnTheSlidesWhenTheSlidesAreApplied() throws IOException {
    Service service = all(Service.class, "slides").get(0);
    assertThat(service.getSpec().getSelector()).isEqualTo(Map.of("app", "bigdata19"));
    assertThat(service.getSpec().getPorts().get(0).getName()).isNull();
    List<Pod> pods = all(Pod.class, "slides");
    assertThat(pods).hasSize(2);
    for (Pod pod : pods) {
      assertThat(pod.getMetadata().getLabels()).isEqualTo(service.getSpec().getSelector());
      assertThat(pod.getSpec().getHostname()).isEqualTo(pod.getMetadata().getName());
      assertThat(pod.getSpec().getSubdomain()).isEqualTo("bigdata19");
      assertThat(pod.getSpec().getRestartPolicy()).isEqualTo("Never");
    }
    Job job = all(Job.class, "slides").get(0);
    PodSpec spec = job.getSpec().getTemplate().getSpec();
    assertThat(job.getMetadata().getName()).isEqualTo("myjob");
    assertThat(job.getSpec().getBackoffLimit()).isZero();
    assertThat(onlyContainer(spec).getResources().getLimits()).containsKey(GPU);
    assertThat(spec.getNodeSelector())
        .isEqualTo(Map.of("cloud.google.com/gke-accelerator", "nvidia-tesla-t4"));
  }

  @Test
  void shouldNameServersOnlyWhenTheServiceSelects() throws IOException {
    Service service = all(Service.class, "").get(0);
    assertThat(service.getMetadata().getName()).isEqualTo("bigdata19");
    assertThat(service.getSpec().getClusterIP()).isEqualTo("None");
    assertThat(service.getSpec().getPorts().get(0).getName()).isEqualTo("zmq");
    assertThat(service.getSpec().getPorts().get(0).getAppProtocol()).isEqualTo("tcp");
    Map<String, String> selector = service.getSpec().getSelector();

    Map<String, PodTemplateSpec> templates = templates("");
    assertThat(templates).containsOnlyKeys("shards", "client", "training");
    templates.forEach(
        (name, template) ->
            assertThat(
                    template.getMetadata().getLabels().entrySet().containsAll(selector.entrySet()))
                .as(name)
                .isEqualTo(name.equals("shards")));
    PodSpec servers = podsOf("", "shards");
    assertThat(servers.getHostname() + "." + servers.getSubdomain()).isEqualTo("shards.bigdata19");
    assertThat(onlyContainer(servers).getPorts())
        .anySatisfy(
            port -> {
              assertThat(port.getName())
                  .isEqualTo(service.getSpec().getPorts().get(0).getTargetPort().getStrVal());
              assertThat(port.getContainerPort()).isEqualTo(7880);
            });
  }

  @Test
  void shouldFindItsPodsWhenAPolicyOrDeploymentSelects() throws IOException {
    for (Deployment each : all(Deployment.class, "")) {
      assertThat(each.getSpec().getTemplate().getMetadata().getLabels())
          .containsAllEntriesOf(each.getSpec().getSelector().getMatchLabels());
    }
    List<NetworkPolicy> policies = all(NetworkPolicy.class, "");
    assertThat(policies).hasSize(2);
    for (NetworkPolicy policy : policies) {
      assertThat(policy.getSpec().getPolicyTypes()).containsExactly("Ingress", "Egress");
      List<String> dns =
          policy.getSpec().getEgress().stream()
              .flatMap(rule -> rule.getPorts().stream())
              .filter(port -> Objects.equals(port.getPort().getIntVal(), 53))
              .map(port -> port.getProtocol())
              .toList();
      assertThat(dns).containsExactlyInAnyOrder("UDP", "TCP");
    }
    Set<String> guarded =
        policies.stream()
            .flatMap(
                each ->
                    Stream.concat(
                        each.getSpec().getPodSelector().getMatchLabels().entrySet().stream()
                            .filter(label -> label.getKey().endsWith("/component"))
                            .map(Map.Entry::getValue),
                        each.getSpec().getPodSelector().getMatchExpressions().stream()
                            .flatMap(expression -> expression.getValues().stream())))
            .collect(Collectors.toSet());
    assertThat(templates("").values())
        .map(each -> each.getMetadata().getLabels().get("app.kubernetes.io/component"))
        .allSatisfy(component -> assertThat(guarded).contains(component));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cpu", "autoscale"})
  void shouldGiveNoRightsAndWriteOnlyToVolumesWhenInProduction(String folder) throws IOException {
    for (PodTemplateSpec template : templates(folder).values()) {
      PodSpec spec = template.getSpec();
      Container container = onlyContainer(spec);
      assertThat(spec.getSecurityContext().getRunAsNonRoot()).isTrue();
      assertThat(spec.getSecurityContext().getRunAsUser()).isPositive();
      assertThat(spec.getSecurityContext().getSeccompProfile().getType())
          .isEqualTo("RuntimeDefault");
      assertThat(spec.getAutomountServiceAccountToken()).isFalse();
      assertThat(spec.getEnableServiceLinks()).isFalse();
      assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
      assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
      assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
      // What the image says is written to: /cache by an engine, /tmp by all.
      List<String> written = new ArrayList<>(List.of("HOME"));
      if (container.getName().equals("training")) {
        written.add("DJL_CACHE_DIR");
      }
      assertThat(container.getVolumeMounts())
          .map(VolumeMount::getMountPath)
          .containsExactlyElementsOf(written.stream().map(ManifestsTest::inImage).toList())
          .hasSameSizeAs(spec.getVolumes());
      assertThat(spec.getVolumes())
          .map(Volume::getName)
          .containsExactlyInAnyOrderElementsOf(
              container.getVolumeMounts().stream().map(VolumeMount::getName).toList());
      assertThat(spec.getVolumes()).allMatch(volume -> volume.getEmptyDir() != null);
      // What is there is what the JVM's sizes are derived from.
      assertThat(container.getResources().getLimits().get("memory"))
          .isEqualTo(container.getResources().getRequests().get("memory"));
      // What a tool may take to end, and the JVM's own end.
      Duration own = container.getName().equals("training") ? Training.GRACE : StopSignal.GRACE;
      assertThat(Duration.ofSeconds(spec.getTerminationGracePeriodSeconds()))
          .isGreaterThan(own.plusSeconds(5));
    }
  }

  /** {@return what a variable is in the image} */
  private static String inImage(String variable) {
    return found(Pattern.compile("\\b" + variable + "=(\\S+)"), "image/Dockerfile");
  }

  private static String found(Pattern pattern, String file) {
    try {
      Matcher matcher = pattern.matcher(Files.readString(K8S.resolveSibling(file)));
      assertThat(matcher.find()).as("%s in %s", pattern, file).isTrue();
      return matcher.group(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int percent(Container container, String variable) {
    return container.getEnv().stream()
        .filter(each -> each.getName().equals(variable))
        .map(each -> Integer.valueOf(each.getValue()))
        .findFirst()
        .orElseGet(
            () -> Integer.valueOf(found(Pattern.compile(variable + ":-(\\d+)"), "image/tool")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cpu", "autoscale"})
  void shouldHaveMemoryForItsBatchesWhenLimited(String folder) throws IOException {
    for (PodTemplateSpec template : templates(folder).values()) {
      Container container = onlyContainer(template.getSpec());
      long limit =
          Objects.requireNonNull(container.getResources().getLimits().get("memory"))
              .getNumericalAmount()
              .longValueExact();
      int direct = percent(container, "TENSORCOM_DIRECT_PERCENT");
      int engine = container.getName().equals("training") ? 50 : 20;
      assertThat(100 - direct - percent(container, "TENSORCOM_HEAP_PERCENT"))
          .as("left by %s to the JVM, and an engine", container.getName())
          .isGreaterThanOrEqualTo(engine);
      // Four of 96 images of 224 x 224, in a slab of 16 MiB each, to or from each of three peers.
      assertThat(limit / 100 * direct / 2).isGreaterThanOrEqualTo(3 * 4 * (16L << 20));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cpu", "autoscale"})
  void shouldProbeAndScrapeWhatTheToolServesWhenInProduction(String folder) throws IOException {
    for (PodTemplateSpec template : templates(folder).values()) {
      Container container = onlyContainer(template.getSpec());
      ContainerPort metrics =
          container.getPorts().stream()
              .filter(port -> port.getName().equals("metrics"))
              .findFirst()
              .orElseThrow();
      String port = metrics.getContainerPort().toString();
      assertThat(container.getEnv()).contains(new EnvVar("TENSORCOM_METRICS", port, null));
      assertThat(template.getMetadata().getAnnotations())
          .containsEntry("prometheus.io/port", port)
          .containsEntry("prometheus.io/path", "/metrics");
      assertProbed(container.getStartupProbe(), "/healthz");
      assertProbed(container.getLivenessProbe(), "/healthz");
      // Nobody asks a job whether it is ready.
      if (!container.getName().equals("training")) {
        assertProbed(container.getReadinessProbe(), "/readyz");
      }
    }
  }

  private static void assertProbed(Probe probe, String path) {
    assertThat(probe.getHttpGet().getPath()).isEqualTo(path);
    assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("metrics");
  }

  @Test
  void shouldAskForAGpuOnlyWhenThereIsToBeOne() throws IOException {
    for (String folder : List.of("", "autoscale")) {
      PodSpec spec = podsOf(folder, "training");
      assertThat(onlyContainer(spec).getResources().getLimits())
          .containsEntry(GPU, new Quantity("1"));
      assertThat(spec.getNodeSelector()).isNotEmpty();
    }
    PodSpec spec = podsOf("cpu", "training");
    assertThat(onlyContainer(spec).getResources().getLimits()).doesNotContainKey(GPU);
    assertThat(spec.getNodeSelector()).isNullOrEmpty();
    assertThat(onlyContainer(spec).getEnv()).contains(new EnvVar("TENSORCOM_MODEL", "cnn", null));
  }

  @Test
  void shouldScaleTheServersByWhatTheAdapterTellsWhenAutoscaled() throws IOException {
    HorizontalPodAutoscaler scaler = all(HorizontalPodAutoscaler.class, "autoscale").get(0);
    Deployment servers =
        all(Deployment.class, "autoscale").stream()
            .filter(each -> each.getMetadata().getName().equals("shards"))
            .findFirst()
            .orElseThrow();
    assertThat(scaler.getSpec().getScaleTargetRef().getKind()).isEqualTo(servers.getKind());
    assertThat(scaler.getSpec().getScaleTargetRef().getApiVersion())
        .isEqualTo(servers.getApiVersion());
    assertThat(scaler.getSpec().getScaleTargetRef().getName())
        .isEqualTo(servers.getMetadata().getName());
    assertThat(servers.getSpec().getReplicas()).isNull();
    assertThat(all(HorizontalPodAutoscaler.class, "")).isEmpty();

    JsonNode rule =
        new YAMLMapper()
            .readTree(Files.readString(K8S.resolve("autoscale/metrics-adapter-rule.yaml")))
            .at("/rules/external/0");
    assertThat(scaler.getSpec().getMetrics().get(0).getExternal().getMetric().getName())
        .isEqualTo(Kustomization.text(rule, "/name/as"));
  }
}
