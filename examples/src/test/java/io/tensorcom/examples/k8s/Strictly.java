// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.k8s;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/** Reads objects as an API server that validates fields strictly does. */
public final class Strictly {
  private static final Map<String, Class<? extends HasMetadata>> KINDS =
      Map.of(
          "v1/Service", Service.class,
          "v1/Pod", Pod.class,
          "apps/v1/Deployment", Deployment.class,
          "batch/v1/Job", Job.class,
          "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class,
          "autoscaling/v2/HorizontalPodAutoscaler", HorizontalPodAutoscaler.class);

  /** The model keeps fields that it does not know, which here is what must not be. */
  private static final class NothingElse extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public Boolean hasAnySetter(MapperConfig<?> config, Annotated member) {
      return false;
    }
  }

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .annotationIntrospector(new NothingElse())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .withCoercionConfig(
              LogicalType.Textual,
              config ->
                  config
                      .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          .build();

  /** The model takes any text for these. */
  private static final Map<String, Set<String>> WORDS =
      Map.of(
          "protocol", Set.of("TCP", "UDP"),
          "operator", Set.of("In", "NotIn", "Exists", "DoesNotExist"),
          "restartPolicy", Set.of("Always", "OnFailure", "Never"),
          "policyTypes", Set.of("Ingress", "Egress"),
          "seccompProfile", Set.of("RuntimeDefault"));

  private Strictly() {}

  private static void checkWords(JsonNode node) {
    node.properties()
        .forEach(
            field -> {
              JsonNode value = field.getValue();
              Set<String> words = WORDS.get(field.getKey());
              List<JsonNode> given =
                  value.isValueNode() ? List.of(value) : value.valueStream().toList();
              if (words != null && !given.stream().allMatch(each -> isOneOf(words, each))) {
                throw new IllegalArgumentException(
                    field.getKey() + ": " + value + " (expected: " + words + ")");
              }
            });
    node.valueStream().filter(JsonNode::isContainer).forEach(Strictly::checkWords);
  }

  private static boolean isOneOf(Set<String> words, JsonNode value) {
    return words.contains(value.asString(""));
  }

  /** {@return the object; an unknown kind, field or word, or text that is none, fails} */
  public static HasMetadata read(JsonNode object) {
    String kind =
        Kustomization.text(object, "/apiVersion") + "/" + Kustomization.text(object, "/kind");
    Class<? extends HasMetadata> type = KINDS.get(kind);
    if (type == null) {
      throw new IllegalArgumentException("unknown kind: " + kind);
    }
    checkWords(object);
    return MAPPER.treeToValue(object, type);
  }
}
